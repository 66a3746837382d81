"""What happened, summed up: rollups by hour and day, reports from them, errors by cause, and health.

Everything here reads `Attempt` rows or what was made of them, never a vendor: looking costs no request.
"""

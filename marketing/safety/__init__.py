"""What foreign text has to pass: cleaned coming in, fenced and masked on its way to a model, sanitised going out."""

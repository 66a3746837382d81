"""Everything that the label's and the publisher's people do."""

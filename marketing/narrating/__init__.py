"""Words from figures: a model may arrange them, the server fills them in, and what no figure bears out is refused."""

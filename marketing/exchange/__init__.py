"""Records of releases and books as the trade's files, out and in, stored so that twice is once."""

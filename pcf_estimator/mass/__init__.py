"""Mass: what a pack weighs, from its text, its price or its shelf."""

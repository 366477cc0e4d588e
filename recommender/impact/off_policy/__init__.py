"""What another policy would have sold, from a log of lists whose places were drawn."""

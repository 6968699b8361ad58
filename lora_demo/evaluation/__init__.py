"""Is an adapter better than its base, by how much, is that more than chance, and on which sentences."""

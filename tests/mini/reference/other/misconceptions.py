"""Known wrong ways: none."""

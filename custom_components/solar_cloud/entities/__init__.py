"""What each entity is and where its value comes from."""

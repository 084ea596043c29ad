"""What earlier versions have stored, and that a later one takes it up."""

"""What both generations of Enphase's API share."""

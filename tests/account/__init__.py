"""Tests of accounts in a whole Home Assistant."""

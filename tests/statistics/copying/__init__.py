"""Tests of copying a system's hours into another statistic."""

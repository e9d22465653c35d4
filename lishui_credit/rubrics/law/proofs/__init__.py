"""What an edition proves of itself: no gap, no unreachable rule, no contradiction, no better value that lowers the grade."""

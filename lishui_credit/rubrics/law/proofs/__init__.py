"""What an edition proves of itself: no gap, nothing in vain, no contradiction, better never worse."""

"""Plans made from tool schemas alone: free to make, and marked for what they are."""

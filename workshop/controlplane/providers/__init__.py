"""Where a workspace's cluster comes from: started here, or one that the user has already."""

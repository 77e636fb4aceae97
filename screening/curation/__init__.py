"""What a person changes on the map: rows deleted or tagged, clusters renamed or merged, step by step, with undo."""

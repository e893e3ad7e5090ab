"""The folder of the demo's app, in which servers are started: the app itself knows of no package."""

"""The consumer of a corpus: plans as integer tensors, and how they are fed to a model.

Reads written files only. Torch is imported where tensors of torch are made, by no other module.
"""

"""The filter language: `status >= 500 and queued > 20ms and path ~ "/item"`, over the columns of a Recording.

`parse` gives a tree or a WhereError that points at the place, `mask` says of each request whether it fits,
`complete` what may stand at the cursor.
"""

from tracer.analysis.where.columns import Columns
from tracer.analysis.where.completion import Candidate, Completion, complete
from tracer.analysis.where.errors import WhereError
from tracer.analysis.where.masks import mask
from tracer.analysis.where.parser import parse

__all__ = ["Candidate", "Columns", "Completion", "WhereError", "complete", "mask", "parse"]

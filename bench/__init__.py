"""`python -m bench`: a question from the signed event to the posted reply, beside a floor without a framework."""

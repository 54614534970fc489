"""What can go wrong with a course, said to the student, the instructor or the author who wanted something of it."""


class CourseError(Exception):
    """It can't be done this way; the message says what is wrong, where, and what to do next."""

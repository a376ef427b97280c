"""Can an image reach the DICOM archive over a way that is not encrypted, or from someone never let in?"""

__version__ = "0.1.0"

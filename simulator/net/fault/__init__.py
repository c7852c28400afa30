"""Link faults, one small file each; each does on the wire what its name says."""

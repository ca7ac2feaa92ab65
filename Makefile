# Each target is a script of the same name in scripts/, which sets up .venv when it is not there.
.PHONY: grade test check golden bench mutants proof release notebooks
grade test check golden bench mutants proof release notebooks:
	scripts/$@

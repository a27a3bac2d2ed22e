package declare

// A fileForm is a form whose declarations stand within one file each, though it may read others
// that the file refers to.
type fileForm struct {
	// name is the Form of its declarations.
	name string
	// wants says by the path alone whether a file can be of this form.
	wants func(path string) bool
	// triggers are the words without one of which such a file declares nothing; a file that
	// holds none of them is not parsed. No triggers: every wanted file is parsed.
	triggers []string
	// anyText marks a form that wants every text file: what cannot be read as text, or is
	// kept elsewhere, is no loss to it.
	anyText bool
	// anyBytes marks a form that also takes what is no text.
	anyBytes bool
	// changedOnly marks a form that reads the files of the change alone.
	changedOnly bool
	// max is the most bytes that the form parses; 0 is maxFile.
	max int
	// extract adds what the file declares. data is decoded text of at most max bytes.
	extract func(r *reading, path string, data []byte)
}

// A folderForm is a form whose declarations are spread over the files of a folder.
type folderForm struct {
	name string
	// extract adds what the folder declares.
	extract func(r *reading, dir string)
}

// fileForms returns the forms that are read file by file, in the order of their reading.
func fileForms() []fileForm {
	return []fileForm{dataFileForm(), kustomizeForm(), puppetForm(), jenkinsFileForm(), keyFileForm()}
}

// folderForms returns the forms that are read folder by folder.
func folderForms() []folderForm {
	return []folderForm{
		{name: "terraform", extract: extractTerraform},
		{name: "terraform-stack", extract: extractStack},
		{name: "terragrunt", extract: extractTerragrunt},
	}
}

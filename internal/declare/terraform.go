package declare

// terraformCache keeps the folders of Terraform that were parsed.
type terraformCache struct{}

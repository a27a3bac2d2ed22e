package awssim

import "time"

// Planted is compute with one resource of each kind that holds a key beside its secret. A new kind
// is added here too: what must hold of every reader is tested over it.
func Planted(id, secret string, now time.Time) *Compute {
	env := map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret}
	script := []byte("export AWS_ACCESS_KEY_ID=" + id + "\nexport AWS_SECRET_ACCESS_KEY=" + secret + "\n")
	text := `{"AWS_ACCESS_KEY_ID":"` + id + `","AWS_SECRET_ACCESS_KEY":"` + secret + `"}`
	return &Compute{
		Functions:      []Function{{Name: "planted", Role: "r", Env: env}},
		Instances:      []Instance{{ID: "i-0123456789abcdef0", Profile: "web", UserData: script}},
		Templates:      []Template{{ID: "lt-0123456789abcdef0", Name: "planted", Version: 1, UserData: script}},
		Configurations: []Configuration{{Name: "planted", UserData: script}},
		Tasks:          []Task{{Family: "planted", Revision: 1, Env: env, Command: []string{string(script)}, Files: []string{"arn:aws:s3:::planted/app.env"}}},
		Services:       []Running{{Name: "planted", Family: "planted", Revision: 1}},
		Projects:       []Project{{Name: "planted", Role: "r", Env: []Variable{{Name: "K", Value: id}, {Name: "S", Value: secret}}, Buildspec: string(script)}},
		Jobs:           []Task{{Family: "planted", Revision: 1, Role: "r", Env: env}},
		Runners:        []Runner{{Name: "planted", Env: env, Start: string(script)}},
		GlueJobs:       []GlueJob{{Name: "planted", Role: "r", Arguments: env, Fixed: map[string]string{"--more": text}}},
		Connections:    []Connection{{Name: "planted", Properties: env}},
		Models:         []Model{{Name: "planted", Role: "r", Env: env}},
		Trainings:      []Training{{Name: "planted", Role: "r", At: now.Add(-time.Hour), Env: env, Parameters: env, Command: []string{string(script)}}},
		Notebooks:      []Notebook{{Name: "planted", OnCreate: script, OnStart: script}},
		Machines:       []Machine{{Name: "planted", Role: "r", Definition: text}},

		Stacks:            []Stack{{Name: "planted", Parameters: env, Outputs: env, Template: text}},
		Environments:      []Environment{{Name: "planted", Application: "shop", Env: env}},
		Apps:              []App{{ID: "planted", Name: "planted", Env: env, Spec: string(script), Branches: []Branch{{Name: "main", Env: env, Spec: string(script)}}}},
		ContainerServices: []ContainerService{{Name: "planted", Current: env, Next: env, Command: []string{string(script)}}},
		Buckets:           []Bucket{{Name: "planted", Keys: []Key{{ID: id}}}},
		Parameters:        []Parameter{{Name: "planted", Type: "String", Value: text}},
	}
}

// Package e2e tests the built program as a runner runs it, against servers that stand in for
// AWS and GitHub: moto with a past (testdata/moto) behind a proxy that knows what moto does not,
// and the GitHub fake. Its tests have the build tag moto; make moto runs them. With the tag
// image as well, they run the container image; make image does.
//
// It holds no code of the program and knows the program only from outside: inputs, exit status,
// files, requests.
package e2e

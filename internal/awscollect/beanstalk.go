package awscollect

import (
	"context"
	"net/url"
	"strings"

	"github.com/keysweep/keysweep/internal/inventory"
)

// readBeanstalk reads the variables of all environments of Elastic Beanstalk.
var readBeanstalk = reader{
	service: &service{name: "elasticbeanstalk", id: "Elastic Beanstalk", version: "2010-12-01"},
	actions: []action{actEnvironments, actSettings},
	read: func(ctx context.Context, r *region) error {
		return paged(func(token string) (string, error) {
			var page environmentsPage
			if err := r.query(ctx, actEnvironments, withToken(url.Values{"IncludeDeleted": {"false"}, "MaxRecords": {"100"}}, token), &page); err != nil {
				return "", err
			}
			return page.NextToken, r.each(len(page.Environments), func(i int) error { return r.environment(ctx, &page.Environments[i]) })
		})
	},
	try: func(ctx context.Context, r *region) {
		_ = r.query(ctx, actEnvironments, url.Values{"MaxRecords": {"1"}}, &environmentsPage{})
		_ = r.query(ctx, actSettings, url.Values{"ApplicationName": {nobody}, "EnvironmentName": {nobody}}, &settingsPage{})
	},
}

// The answers, as far as they are read.
type (
	environmentsPage struct {
		NextToken    string        `xml:"DescribeEnvironmentsResult>NextToken"`
		Environments []environment `xml:"DescribeEnvironmentsResult>Environments>member"`
	}
	environment struct {
		ARN         string `xml:"EnvironmentArn"`
		Name        string `xml:"EnvironmentName"`
		Application string `xml:"ApplicationName"`
		Status      string `xml:"Status"`
	}
	settingsPage struct {
		Options []struct {
			Namespace string `xml:"Namespace"`
			Name      string `xml:"OptionName"`
			Value     string `xml:"Value"`
		} `xml:"DescribeConfigurationSettingsResult>ConfigurationSettings>member>OptionSettings>member"`
	}
)

// environment reads the settings of one environment; one that is gone by then has none.
func (r *region) environment(ctx context.Context, e *environment) error {
	if e.Status == "Terminated" {
		return nil
	}
	var page settingsPage
	err := r.query(ctx, actSettings, url.Values{"ApplicationName": {e.Application}, "EnvironmentName": {e.Name}}, &page)
	if err != nil {
		if goneAs(err, "InvalidParameterValue", "No ") {
			return nil
		}
		return err
	}
	var h haystack
	var references []hit
	profile := ""
	for _, o := range page.Options {
		switch {
		case o.Namespace == "aws:elasticbeanstalk:application:environment":
			h.variable(inventory.InEnvironment, "", o.Name, o.Value)
		case o.Namespace == "aws:elasticbeanstalk:application:environmentsecrets" && keyName.MatchString(o.Name):
			references = append(references, hit{ComputeKey: inventory.ComputeKey{Variable: showable(o.Name), Where: inventory.InSecret}})
		case o.Namespace == "aws:autoscaling:launchconfiguration" && o.Name == "IamInstanceProfile":
			profile = o.Value
		}
	}
	r.found(inventory.Resource{ARN: e.ARN, Role: r.profileARN(profile)}, append(r.keysIn(&h), references...))
	return nil
}

// profileARN is the ARN of an instance profile that is given by its name or its ARN.
func (r *region) profileARN(profile string) string {
	if profile == "" || strings.HasPrefix(profile, "arn:") {
		return profile
	}
	return "arn:" + r.v.c.partition + ":iam::" + r.v.a.ID + ":instance-profile/" + profile
}

package awscollect

import (
	"context"
	"net/url"
	"slices"
)

var ec2Service = &service{name: "ec2", id: "EC2", version: "2016-11-15"}

// regionsPage is what is read of the answer to DescribeRegions.
type regionsPage struct {
	Regions []struct {
		Name  string `xml:"regionName"`
		OptIn string `xml:"optInStatus"`
	} `xml:"regionInfo>item"`
}

// regions are those whose compute is read: those of the configuration, or all that are enabled
// in the account. The home region comes first, the others are sorted.
func (v *visit) regions(ctx context.Context) ([]string, error) {
	home := v.c.cfg.Region
	regions := slices.Clone(v.c.cfg.Regions)
	if len(regions) == 0 {
		r := (&sweep{v: v, refused: map[action]error{}}).at(home, &reader{service: ec2Service})
		var page regionsPage
		if err := r.query(ctx, actRegions, url.Values{}, &page); err != nil {
			return nil, err
		}
		for _, one := range page.Regions {
			if one.OptIn != "not-opted-in" && regionForm.MatchString(one.Name) {
				regions = append(regions, one.Name)
			}
		}
		if len(regions) == 0 {
			return nil, &Error{Code: CodeFault, Cause: "AWS named no region that is enabled"}
		}
	}
	slices.Sort(regions)
	regions = slices.Compact(regions)
	if i := slices.Index(regions, home); i > 0 {
		regions = slices.Insert(slices.Delete(regions, i, i+1), 0, home)
	}
	return regions, nil
}

package awssim

import "slices"

func (s *Server) describeAddresses(q *request) reply {
	all := q.account.Addresses[q.region]
	return ec2Answer("DescribeAddresses", func(d *doc) {
		d.items("addressesSet", 0, len(all), func(i int) {
			d.text("publicIp", all[i].Public)
			d.opt("instanceId", all[i].Instance)
		})
	})
}

func (s *Server) describeNatGateways(q *request) reply {
	all := slices.DeleteFunc(slices.Clone(q.account.Addresses[q.region]), func(a Address) bool { return !a.NAT })
	from, to, next := s.window(q.form.Get("NextToken"), q.form.Get("MaxResults"), len(all))
	return ec2Answer("DescribeNatGateways", func(d *doc) {
		d.items("natGatewaySet", from, to, func(i int) {
			d.items("natGatewayAddressSet", i, i+1, func(i int) { d.text("publicIp", all[i].Public) })
		})
		d.opt("nextToken", next)
	})
}

// describeNetworkInterfaces answers the interfaces whose address the filter names; without one, all.
func (s *Server) describeNetworkInterfaces(q *request) reply {
	wanted := []string{}
	for name, values := range q.form {
		if len(name) > 15 && name[:15] == "Filter.1.Value." {
			wanted = append(wanted, values...)
		}
	}
	all := slices.DeleteFunc(slices.Clone(q.account.Addresses[q.region]), func(a Address) bool {
		return len(wanted) > 0 && !slices.Contains(wanted, a.Public)
	})
	from, to, next := s.window(q.form.Get("NextToken"), q.form.Get("MaxResults"), len(all))
	return ec2Answer("DescribeNetworkInterfaces", func(d *doc) {
		d.items("networkInterfaceSet", from, to, func(i int) {
			d.open("association")
			d.text("publicIp", all[i].Public)
			d.shut("association")
			if all[i].Instance != "" {
				d.open("attachment")
				d.text("instanceId", all[i].Instance)
				d.shut("attachment")
			}
		})
		d.opt("nextToken", next)
	})
}

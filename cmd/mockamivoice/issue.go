package main

import (
	"fmt"

	refclient "mockamivoice/reference-client"
)

type issueCommand struct {
	clientFlags

	EPI string `name:"epi" help:"Life of the key: milliseconds, 90s, 5m, 2h, 7d, 1w, or a date like 2026/07/31. (30000)" placeholder:"EPI"`
	IPA string `name:"ipa" help:"IPv4 addresses and blocks that may use the key. (everybody)" placeholder:"IPA"`
}

// Help is shown by issue --help.
func (*issueCommand) Help() string {
	return `Prints the key, and nothing else, on stdout.

Examples:
  mockamivoice issue
  mockamivoice issue --epi 2h --ipa 203.0.113.0/24
  AMIVOICE_SID=… AMIVOICE_SPW=… mockamivoice issue --target real --epi 5m

Wrong credentials are not noticed here, but when the key is used. That is how the service does it.`
}

// Run issues a key.
func (c *issueCommand) Run(w *world) error {
	client, err := c.client("")
	if err != nil {
		return err
	}
	key, err := client.IssueKey(w.ctx, refclient.IssueRequest{EPI: c.EPI, IPA: c.IPA})
	if err := client.close(told(err)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.stdout, key)
	return err
}

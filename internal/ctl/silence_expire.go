package ctl

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

func (c *cli) silenceExpireCommand() *cobra.Command {
	var matching, yes bool
	cmd := &cobra.Command{
		Use:     "expire {ID... | --matching MATCHER...}",
		Aliases: []string{"delete", "rm"},
		Short:   "End silences now",
		Long: `Expire ends silences at once; alerts that they kept quiet are told again. Of an
id, as many characters suffice as tell it from the others.

With --matching the arguments are matchers, and every active or pending silence
is ended that has all of them among its own: the same ones that "alertctl
silence list MATCHER..." shows. They are listed first, and at a terminal you are
asked; a script is not.

The ended silences' ids go to standard output. A silence that is over already is
no mistake, one that does not exist is, and then none is ended.`,
		Example: `  alertctl silence expire 5b6f1c2e 9a0d
  alertctl silence expire --matching job=etl
  alertctl silence list -q --author deploy@ci | xargs alertctl silence expire`,
		ValidArgsFunction: c.silenceIDs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && matching:
				return usage("--matching needs a matcher, like job=etl")
			case len(args) == 0:
				return usage("which silence? Give its id: \"alertctl silence list\" tells it")
			case matching:
				return c.expireMatching(cmd.Context(), args, yes)
			}
			return c.expireIDs(cmd.Context(), args)
		},
	}
	cmd.Flags().BoolVar(&matching, "matching", false, "the arguments are matchers: end every silence that has them")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (c *cli) expireIDs(ctx context.Context, ids []string) error {
	server, err := c.connect()
	if err != nil {
		return err
	}
	all, err := server.silences(ctx, nil)
	if err != nil {
		return err
	}
	var wanted []*silence
	for _, id := range ids {
		s, err := find(all, id)
		if err != nil {
			return err
		}
		if s.state(c.Now()) == alert.SilenceExpired {
			c.err.printf("The silence %s is over already: it %s.\n", oneLine(s.ID), s.when(c.Now()))
			continue
		}
		if !slices.Contains(wanted, s) {
			wanted = append(wanted, s)
		}
	}
	return c.expire(ctx, server, wanted)
}

func (c *cli) expireMatching(ctx context.Context, args []string, yes bool) error {
	ms, err := parseMatchers(args)
	if err != nil {
		return err
	}
	server, err := c.connect()
	if err != nil {
		return err
	}
	wanted, err := server.silences(ctx, ms)
	if err != nil {
		return err
	}
	now, ids := c.Now(), shortIDs(wanted)
	wanted = slices.DeleteFunc(wanted, func(s *silence) bool { return s.state(now) == alert.SilenceExpired })
	sortSilences(wanted, now)
	if len(wanted) == 0 {
		c.err.printf("No active or pending silence has %s: nothing to expire.\n", oneLine(typed(ms)))
		return c.expire(ctx, server, wanted)
	}
	c.silenceTable(wanted, ids).print(c.err)
	if !yes && isTerminal(c.Stdin) && c.err.terminal && !c.confirmed(ctx, "Expire "+count(len(wanted), "silence")+"?") {
		return refused("nothing was expired")
	}
	return c.expire(ctx, server, wanted)
}

// confirmed asks a question and tells whether the answer was yes.
func (c *cli) confirmed(ctx context.Context, question string) bool {
	c.err.printf("%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() { // outlives an interrupt, as the process does not
		line, _ := bufio.NewReader(c.Stdin).ReadString('\n') // no answer is a no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		c.err.printf("\n")
		return false
	case given := <-answer:
		return given == "y" || given == "yes"
	}
}

// expire ends the silences and prints their ids. It goes on after a failure,
// and returns the first.
func (c *cli) expire(ctx context.Context, server *client, silences []*silence) error {
	ended := struct {
		Expired []string `json:"expired"`
	}{[]string{}}
	var failure error
	for _, s := range silences {
		err := server.expireSilence(ctx, s.ID)
		if err != nil && status(err) != http.StatusNotFound { // gone meanwhile is as well
			if failure == nil {
				failure = err
			} else {
				c.err.printf("alertctl: %s\n", neutral(err.Error()))
			}
			continue
		}
		ended.Expired = append(ended.Expired, s.ID)
	}
	err := c.print(ended, func() {
		for _, id := range ended.Expired {
			c.out.printf("%s\n", oneLine(id))
		}
	})
	if failure != nil {
		return failure
	}
	return err
}

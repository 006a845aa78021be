package ctl

import (
	"time"

	"github.com/spf13/cobra"
)

// completionPatience is how long a shell may hang while it completes.
const completionPatience = time.Second

func (c *cli) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print the completion script of a shell",
		Long: `Completion prints a script that teaches a shell to complete alertctl's commands
and flags, and, where alertd can be reached, the ids of silences and the names
of receivers.

Try it in the shell that you are in:

  bash   source <(alertctl completion bash)
  zsh    source <(alertctl completion zsh)
  fish   alertctl completion fish | source

To keep it, write it where the shell looks for such scripts, as below.`,
		Example: `  alertctl completion bash > /etc/bash_completion.d/alertctl
  alertctl completion zsh > "${fpath[1]}/_alertctl"
  alertctl completion fish > ~/.config/fish/completions/alertctl.fish`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("the name of one shell is needed: bash, zsh or fish")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(c.buffered, true)
			case "zsh":
				return root.GenZshCompletion(c.buffered)
			case "fish":
				return root.GenFishCompletion(c.buffered, true)
			}
			return usage("there is no completion for %q: use bash, zsh or fish", args[0])
		},
	}
}

// firstArg completes the first argument only.
func firstArg(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, typed)
	}
}

// completeYAML completes the names of YAML files.
func completeYAML(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yml", "yaml"}, cobra.ShellCompDirectiveFilterFileExt
}

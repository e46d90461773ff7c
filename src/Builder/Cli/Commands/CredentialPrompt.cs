using System.Text;

using Bld.Builder.Cli.Flags;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>Asks the person at the terminal for what a command line leaves out of credentials.</summary>
internal static class CredentialPrompt
{
    private const string Flag = "creds";

    /// <summary>What <c>--creds [USER[:PASSWORD]]</c> gives; the rest a person is asked for, once. Null without the flag.</summary>
    /// <exception cref="UsageException">Nobody can be asked.</exception>
    public static Credentials? Read(ParsedFlags flags)
    {
        if (flags.Text(Flag) is not { } text)
        {
            return null;
        }

        var colon = text.IndexOf(':');
        var (user, password) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        if ((user.Length == 0 || password is null) && Console.IsInputRedirected)
        {
            throw new UsageException("--creds must be written USER:PASSWORD where there is no terminal to ask for the rest");
        }

        user = user.Length > 0 ? user : AskUser(known: null);
        password ??= AskPassword();
        flags.Add(Flag, $"{user}:{password}");
        return new Credentials(user, password);
    }

    /// <summary>Asks for a name.</summary>
    /// <param name="known">What no answer means; null for nothing.</param>
    /// <exception cref="UsageException">None is given.</exception>
    public static string AskUser(string? known)
    {
        var hint = known is { Length: > 0 } ? $" ({known})" : "";
        Console.Error.Write($"Username{hint}: ");
        return Console.In.ReadLine() is { Length: > 0 } typed ? typed
            : known is { Length: > 0 } ? known : throw new UsageException("a username is needed");
    }

    /// <summary>Asks for a password, which is not shown.</summary>
    public static string AskPassword()
    {
        Console.Error.Write("Password: ");
        var password = new StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                password.Length = Math.Max(0, password.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                password.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return password.ToString();
    }
}

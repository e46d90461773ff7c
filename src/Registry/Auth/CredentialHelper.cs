using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bld.Registry;

/// <summary>A program <c>docker-credential-NAME</c> that keeps credentials (Docker's credential helper protocol).</summary>
internal sealed class CredentialHelper(string name)
{
    private const string NotFound = "credentials not found";

    internal Credentials? Find(string host)
    {
        var (code, output) = Run("get", host);
        if (code != 0)
        {
            return output.Contains(NotFound, StringComparison.OrdinalIgnoreCase) ? null : throw Failed("get");
        }

        try
        {
            var answer = JsonNode.Parse(output);
            var (user, secret) = (answer?["Username"]?.GetValue<string>() ?? "", answer?["Secret"]?.GetValue<string>() ?? "");
            return user == "<token>" ? Credentials.OfIdentityToken(secret) : user.Length + secret.Length == 0 ? null : new Credentials(user, secret);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new RegistryException($"the credential helper docker-credential-{name} gave an answer that is not JSON", exception);
        }
    }

    internal void Store(string host, Credentials credentials)
    {
        var entry = new JsonObject { ["ServerURL"] = host, ["Username"] = credentials.User, ["Secret"] = credentials.Password };
        if (Run("store", entry.ToJsonString()).Code != 0)
        {
            throw Failed("store");
        }
    }

    internal bool Erase(string host)
    {
        var (code, output) = Run("erase", host);
        return code == 0 || (output.Contains(NotFound, StringComparison.OrdinalIgnoreCase) ? false : throw Failed("erase"));
    }

    // What it printed may hold a secret.
    private RegistryException Failed(string verb) => new($"the credential helper docker-credential-{name} failed at \"{verb}\"");

    private (int Code, string Output) Run(string verb, string input)
    {
        if (name.AsSpan().ContainsAny('/', '\0'))
        {
            throw new RegistryException($"the credential helper \"{name}\" has a name that is none");
        }

        try
        {
            using var process = Process.Start(new ProcessStartInfo($"docker-credential-{name}", [verb])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardInputEncoding = new UTF8Encoding(false),
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.GetAwaiter().GetResult());
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            throw new RegistryException($"the credential helper docker-credential-{name} can't be run: {exception.Message}", exception);
        }
    }
}

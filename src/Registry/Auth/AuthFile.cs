using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bld.Registry;

/// <summary>One credentials file (containers-auth.json(5), Docker's config.json). Fields that aren't ours are kept.</summary>
public sealed class AuthFile
{
    private readonly string _path;
    private readonly JsonObject _root;

    private AuthFile(string path, JsonObject root) => (_path, _root) = (path, root);

    /// <summary>The registries, or parts of registries, that the file has credentials or helpers for.</summary>
    public IReadOnlyList<string> Keys => [.. Part("auths").Concat(Part("credHelpers")).Select(static entry => entry.Key).Distinct(StringComparer.Ordinal)];

    /// <summary>Reads a file; null when there is none.</summary>
    /// <exception cref="RegistryException">It is damaged.</exception>
    public static AuthFile? TryRead(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return new AuthFile(path, bytes.Length == 0 ? [] : JsonNode.Parse(bytes) as JsonObject ?? throw Damaged(path, null));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new RegistryException($"the credentials file {path} may not be read", exception);
        }
        catch (JsonException exception)
        {
            throw Damaged(path, exception);
        }
    }

    /// <summary>Reads a file, or begins an empty one.</summary>
    public static AuthFile ReadOrCreate(string path) => TryRead(path) ?? new AuthFile(path, []);

    /// <summary>The credentials of the longest key that the repository lies below.</summary>
    public Credentials? Find(string host, string repository)
    {
        for (var key = repository.Length > 0 ? $"{host}/{repository}" : host; ; key = key[..key.LastIndexOf('/')])
        {
            if (FindKey(key, isHost: key == host) is { } found)
            {
                return found;
            }

            if (key == host)
            {
                return null;
            }
        }
    }

    /// <summary>Keeps credentials: with the helper that the file names for the key, else in the file itself.</summary>
    public void Set(string key, Credentials credentials)
    {
        if (HelperFor(key) is { } helper)
        {
            new CredentialHelper(helper).Store(HelperKey(key), credentials);
            return;
        }

        if (_root["auths"] is not JsonObject auths)
        {
            _root["auths"] = auths = [];
        }

        auths[key] = new JsonObject { ["auth"] = credentials.Basic };
        Save();
    }

    /// <summary>Forgets credentials. False when there were none.</summary>
    public bool Remove(string key)
    {
        if (HelperFor(key) is { } helper)
        {
            return new CredentialHelper(helper).Erase(HelperKey(key));
        }

        var keys = Part("auths").Select(static entry => entry.Key).Where(each => each == key || HostOf(each) == key).ToList();
        keys.ForEach(each => ((JsonObject)_root["auths"]!).Remove(each));
        if (keys.Count > 0)
        {
            Save();
        }

        return keys.Count > 0;
    }

    private Credentials? FindKey(string key, bool isHost)
    {
        if (isHost && HelperFor(key) is { } helper)
        {
            return new CredentialHelper(helper).Find(HelperKey(key));
        }

        foreach (var (name, entry) in Part("auths"))
        {
            // Docker writes hosts as URLs; both forms are in use.
            if ((name == key || (isHost && HostOf(name) == key)) && entry is JsonObject values && Decode(values) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private Credentials? Decode(JsonObject entry)
    {
        try
        {
            if (entry["identitytoken"]?.GetValue<string>() is { Length: > 0 } token)
            {
                return Credentials.OfIdentityToken(token);
            }

            if (entry["auth"]?.GetValue<string>() is not { Length: > 0 } encoded)
            {
                return null;
            }

            var text = Encoding.UTF8.GetString(Convert.FromBase64String(encoded));
            var colon = text.IndexOf(':');
            return colon < 0 ? throw Damaged(_path, null) : new Credentials(text[..colon], text[(colon + 1)..].TrimEnd('\0'));
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException)
        {
            throw Damaged(_path, exception);
        }
    }

    // Helpers know Docker Hub by the name that Docker has always given them.
    internal static string HelperKey(string key) => key == "docker.io" ? "https://index.docker.io/v1/" : key;

    private string? HelperFor(string key) =>
        Text(_root["credHelpers"] is JsonObject helpers ? helpers[key] : null) ?? Text(_root["credsStore"]);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    // Docker's oldest file is nothing but the entries.
    private JsonObject Part(string name) =>
        _root[name] is JsonObject part ? part
        : name == "auths" && _path.EndsWith("/.dockercfg", StringComparison.Ordinal) ? _root : [];

    /// <summary>A key that is a whole registry's without what Docker writes around it; other keys as they are.</summary>
    internal static string HostOf(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        var rest = scheme < 0 ? key : key[(scheme + 3)..];
        if (scheme < 0 && rest.Contains('/', StringComparison.Ordinal) && !rest.EndsWith("/v1/", StringComparison.Ordinal))
        {
            return key;
        }

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? rest : rest[..slash];
        return host is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : host;
    }

    private void Save()
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = $"{directory}/.auth-{Guid.NewGuid():N}";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var file = new FileStream(temporary, options))
            {
                using (var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 }))
                {
                    _root.WriteTo(writer);
                }

                file.Write("\n"u8);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, _path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    // The text may hold a secret, so none of it is shown.
    private static RegistryException Damaged(string path, Exception? inner) => new($"the credentials file {path} is damaged; log in again", inner);
}

using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>Where a secret's bytes come from: a file or an environment variable of the caller, read only when a RUN mounts it.</summary>
/// <param name="Id">The name that <c>--mount=type=secret,id=…</c> asks for.</param>
/// <param name="File">A file of the host.</param>
/// <param name="Variable">An environment variable of the caller, when <paramref name="File"/> is null.</param>
internal sealed record SecretSource(string Id, string? File, string? Variable)
{
    /// <summary>Reads <c>id=…,src=FILE</c> or <c>id=…,env=VARIABLE</c>; without either the id is the name of a variable, or else of a file.</summary>
    /// <exception cref="BuildException">The text is neither.</exception>
    public static SecretSource Parse(string text)
    {
        string? id = null, file = null, variable = null, type = null;
        foreach (var field in text.Split(','))
        {
            var equals = field.IndexOf('=');
            var value = equals < 0 ? null : field[(equals + 1)..];
            switch (equals < 0 ? field : field[..equals])
            {
                case "id":
                    id = value;
                    break;
                case "src" or "source":
                    file = value;
                    break;
                case "env":
                    variable = value;
                    break;
                case "type" when value is "file" or "env":
                    type = value;
                    break;
                default:
                    throw new BuildException($"incorrect secret flag format: should be --secret id=foo,src=bar[,env=ENV,type=file|env], but has \"{field}\"");
            }
        }

        if (string.IsNullOrEmpty(id))
        {
            throw new BuildException("incorrect secret flag format: should be --secret id=foo,src=bar[,env=ENV,type=file|env], but has no id");
        }

        if (type == "env" || (type is null && file is null && (variable is not null || Environment.GetEnvironmentVariable(id) is not null)))
        {
            return new SecretSource(id, null, variable ?? file ?? id);
        }

        file ??= id;
        return System.IO.File.Exists(file)
            ? new SecretSource(id, file, null)
            : throw new BuildException($"could not parse secrets: --secret id={id}: stat {file}: no such file or directory");
    }

    /// <summary>The secret's bytes; null when the variable isn't set.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    public byte[]? Read() =>
        File is not null
            ? System.IO.File.ReadAllBytes(File)
            : Environment.GetEnvironmentVariable(Variable!) is { } value ? System.Text.Encoding.UTF8.GetBytes(value) : null;
}

using System.Text;

namespace Bld.Dockerfile.Tests;

/// <summary>Makes texts that look enough like Dockerfiles to reach every corner, by a seed.</summary>
internal sealed class RandomDockerfile(int seed)
{
    private static readonly string[] Pieces =
    [
        "FROM", "RUN", "COPY", "ADD", "ENV", "ARG", "LABEL", "CMD", "ENTRYPOINT", "ONBUILD", "HEALTHCHECK", "EXPOSE", "VOLUME", "SHELL",
        "WORKDIR", "USER", "STOPSIGNAL", "MAINTAINER", "from", "scratch", "AS", "a", "b=c", "x=\"y z\"", "'q r'", "$v", "${v:-w}", "${v#*/}",
        "${v//a/b}", "${", "}", "$", "\"", "'", "\\", "`", "<<EOF", "<<-\"E\"", "EOF", "E", "3<<A", "A", "[\"a\", \"b\"]", "[", "]", "{}", "--x",
        "--from=a", "--mount=type=cache,target=/x", "--mount=type=$t", "--chmod=", "--", "--link", "--interval=1m", "NONE", "80/tcp", "1-3:4",
        "# escape=`", "# check=skip=all", "#", " ", "  ", "\t", "\n", "\n", "\n", "\\\n", "`\n", "\r\n", "\\ \n", "\n\n", "\u00A0", "\uFEFF",
        "é", "한국어", "\U0001F40B", "\0", "\u2028", "=", ",", "*", "?", "/", "..", ":", "@", "%",
    ];

    private readonly Random _random = new(seed);

    internal string Next()
    {
        var text = new StringBuilder(_random.Next(3) == 0 ? "" : "FROM scratch\n");
        for (var count = _random.Next(40); count > 0; count--)
        {
            text.Append(Pieces[_random.Next(Pieces.Length)]);
            if (_random.Next(2) == 0)
            {
                text.Append(' ');
            }
        }

        return text.ToString();
    }
}

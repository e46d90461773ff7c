using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Engine.Images;

namespace Bld.Builder.Cli.Commands;

/// <summary>The <c>--filter</c>s of <c>bld containers</c>: those of one key are alternatives, different keys must all accept.</summary>
internal sealed class ContainerFilter
{
    private readonly List<string> _ids = [];
    private readonly List<string> _names = [];
    private readonly List<string> _ancestors = [];

    /// <summary>Reads filters.</summary>
    /// <exception cref="UsageException">One of them is none.</exception>
    public ContainerFilter(IReadOnlyList<string> texts, Session session)
    {
        foreach (var text in texts.SelectMany(static text => text.Split(',')))
        {
            var equals = text.IndexOf('=');
            var value = equals < 0 ? "" : text[(equals + 1)..];
            switch (equals < 0 ? "" : text[..equals])
            {
                case "id":
                    _ids.Add(value);
                    break;
                case "name":
                    _names.Add(value);
                    break;
                case "ancestor":
                    _ancestors.Add(Image(session, value));
                    break;
                default:
                    throw new UsageException(equals < 0
                        ? $"parsing filter: incorrect filter value \"{text}\", should be of form filter=value"
                        : $"parsing filter: invalid filter \"{text[..equals]}\": use id=…, name=… or ancestor=…");
            }
        }
    }

    /// <summary>Whether a container is wanted.</summary>
    public bool Accepts(ContainerSummary container) =>
        (_ids.Count == 0 || _ids.Exists(container.Id.StartsWith))
        && (_names.Count == 0 || _names.Exists(name => container.Name.Contains(name)))
        && (_ancestors.Count == 0 || _ancestors.Exists(image => container.ImageId == image || container.Image == image));

    private static string Image(Session session, string name) => name == "scratch" ? ""
        : ImageNames.Candidates(name).Select(session.Images.Find).FirstOrDefault(static image => image is not null)?.Id ?? ImageNames.Normalise(name);
}

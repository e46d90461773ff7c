namespace Bld.EndToEnd.Tests.Cases;

/// <summary>One build of a case: what the command left, and the image when somebody asks for it.</summary>
/// <param name="Outcome">Exit code and output.</param>
/// <param name="Before">The build before it in the same case.</param>
/// <param name="Export">Reads the image.</param>
internal sealed record CaseBuild(Outcome Outcome, CaseBuild? Before, Func<string, BuiltImage> Export)
{
    private BuiltImage? _image;

    internal string Id => Outcome.Output.TrimEnd()[(Outcome.Output.TrimEnd().LastIndexOf('\n') + 1)..];

    internal BuiltImage Image => _image ??= Export(Id);
}

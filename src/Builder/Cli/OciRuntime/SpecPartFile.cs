using System.Text.Json;

using Bld.Builder.Store;
using Bld.Runtime.Spec;

namespace Bld.Builder.Cli.OciRuntime;

/// <summary>A file that has a part of a config.json.</summary>
internal static class SpecPartFile
{
    /// <param name="file">Its path; <c>-</c> is standard input.</param>
    /// <param name="parse">Makes the part of the file's bytes.</param>
    /// <exception cref="BuildException">It can't be read, or is none.</exception>
    public static T Read<T>(string file, Func<byte[], T> parse)
        where T : SpecPart
    {
        try
        {
            using var stream = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return parse(content.ToArray());
        }
        catch (JsonException failure)
        {
            throw new BuildException($"{(file == "-" ? "standard input" : file)} is no part of a container's configuration: {failure.Message}");
        }
    }
}

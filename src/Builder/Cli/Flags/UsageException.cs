using Bld.Builder.Store;

namespace Bld.Builder.Cli.Flags;

/// <summary>A command line that can't be understood.</summary>
internal sealed class UsageException(string message) : BuildException(message);

using Bld.Builder.Store;

namespace Bld.Builder.Cli.Templates;

/// <summary>A template that can't be read, or that doesn't fit what it is applied to.</summary>
internal sealed class TemplateException(string message) : BuildException(message);

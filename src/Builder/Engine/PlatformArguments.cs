using Bld.Registry;

namespace Bld.Builder.Engine;

/// <summary>The arguments that every Dockerfile has without declaring them globally: what is built for and what is built on.</summary>
internal static class PlatformArguments
{
    /// <summary>TARGET…, BUILD… and TARGETSTAGE by name.</summary>
    public static Dictionary<string, string> Of(Platform target, Platform host, string targetStage) => new()
    {
        ["TARGETPLATFORM"] = target.ToString(),
        ["TARGETOS"] = target.Os,
        ["TARGETARCH"] = target.Architecture,
        ["TARGETVARIANT"] = target.Variant ?? "",
        ["BUILDPLATFORM"] = host.ToString(),
        ["BUILDOS"] = host.Os,
        ["BUILDARCH"] = host.Architecture,
        ["BUILDVARIANT"] = host.Variant ?? "",
        ["TARGETSTAGE"] = targetStage,
    };
}

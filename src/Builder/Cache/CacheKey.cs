namespace Bld.Builder.Cache;

/// <summary>Names the result of a step: SHA-256 over everything that the result depends on, as 64 lower-case hex digits.</summary>
internal readonly record struct CacheKey(string Hex)
{
    /// <summary>A key that no other step has, and none finds.</summary>
    public static CacheKey Unique() => new(Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));

    /// <inheritdoc/>
    public override string ToString() => Hex;
}

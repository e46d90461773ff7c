using System.Text;

namespace Bld.Registry;

/// <summary>A user's name and password for a registry, or a token that stands for them. Never printed.</summary>
public sealed class Credentials
{
    /// <param name="user">The user's name.</param>
    /// <param name="password">The password, or an access token.</param>
    public Credentials(string user, string password) => (User, Password) = (user, password);

    private Credentials(string identityToken) => (User, Password, IdentityToken) = ("", "", identityToken);

    /// <summary>The user's name.</summary>
    public string User { get; }

    internal string Password { get; }

    /// <summary>A refresh token that registry's token server takes instead of a password.</summary>
    internal string? IdentityToken { get; }

    /// <summary>The value of a Basic authorization header.</summary>
    internal string Basic => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    internal static Credentials OfIdentityToken(string token) => new(token);

    /// <summary>Shows nothing.</summary>
    public override string ToString() => "(credentials)";
}

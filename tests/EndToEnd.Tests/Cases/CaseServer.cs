using System.Net;

namespace Bld.EndToEnd.Tests.Cases;

/// <summary>Serves the files of a folder by HTTP on a free port, with <c>Last-Modified</c>; git reads repositories from it as well.</summary>
internal sealed class CaseServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _folder;
    private readonly Task _serving;

    internal CaseServer(string folder)
    {
        Directory.CreateDirectory(folder);
        _folder = folder;
        Address = $"http://127.0.0.1:{TestPorts.Next()}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    internal string Address { get; }

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait(TimeSpan.FromSeconds(5));
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Closed, or the client went away.
                continue;
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        using var response = context.Response;
        var path = Path.Combine(_folder, context.Request.Url!.AbsolutePath.TrimStart('/'));
        if (!File.Exists(path))
        {
            response.StatusCode = 404;
            return;
        }

        response.Headers["Last-Modified"] = File.GetLastWriteTimeUtc(path).ToString("R");
        response.OutputStream.Write(File.ReadAllBytes(path));
    }
}

using System.Net;
using System.Text;

// Answers every request with one line; with --once only the first.
using var listener = new HttpListener { Prefixes = { "http://127.0.0.1:8080/" } };
listener.Start();
Console.WriteLine($"listening as user {Environment.UserName} on port 8080");
do
{
    var context = await listener.GetContextAsync();
    var answer = Encoding.UTF8.GetBytes($"Hello from {context.Request.Url!.AbsolutePath}\n");
    await context.Response.OutputStream.WriteAsync(answer);
    context.Response.Close();
}
while (!args.Contains("--once"));

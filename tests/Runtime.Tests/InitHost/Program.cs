using System.Globalization;

using Bld.Runtime;
using Bld.Runtime.Init;
using Bld.Runtime.InitHost;
using Bld.Runtime.Spec;

// What bld does first, in a program small enough to be compiled with the tests.
if (StartedProgram.TryRun(args) is { } code)
{
    return code;
}

if (args is ["starts", var place, var count])
{
    return ManyStarts.Run(place, int.Parse(count, CultureInfo.InvariantCulture));
}

if (args is ["fork", var program, var cgroup, .. var words])
{
    return Fork.Run(program, cgroup, words);
}

// init-host ROOT SECONDS: starts a container that sleeps, says its number, and waits to be killed.
var spec = DefaultSpec.ForBuild();
var request = new ContainerRequest
{
    Spec = spec with
    {
        Root = new RootSpec { Path = args[0] },
        Process = spec.Process! with { Args = ["/bin/sleep", args[1]], Env = ["PATH=/bin"] },
    },
};
using var container = Container.Start(request, CancellationToken.None);
Console.WriteLine(container.Pid.ToString(CultureInfo.InvariantCulture));
return container.Wait(CancellationToken.None);

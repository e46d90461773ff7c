namespace Bld.Builder.Engine;

/// <summary>Writes the images that a build makes: the target's, and before it with <c>--save-stages</c> one for every other stage.</summary>
internal sealed class StageImages(BuildSession session, StageScheduler scheduler)
{
    private const string StageName = "io.buildah.stage.name";
    private const string StageBase = "io.buildah.stage.base";
    private readonly BuildRequest _request = session.Request;

    /// <summary>Writes them; the target's is what the build made.</summary>
    public BuildResult Write(StageResult target)
    {
        // A stage that another one is built on is named by its image there.
        var ids = new Dictionary<int, string>();
        if (_request.SaveStages)
        {
            foreach (var index in session.Plan.Needed.Where(index => index != session.Plan.Target))
            {
                ids[index] = new ImageWriter(session, ForStage(index, ids)).Write(scheduler.Result(index)).ImageId;
            }
        }

        var request = _request.StageLabels ? _request with { Labels = [.. Labels(session.Plan.Target, ids), .. _request.Labels] } : _request;
        return new ImageWriter(session, request) { IsFromAlone = IsFromAlone(session.Plan.Target) }.Write(target);
    }

    private bool IsFromAlone(int? index)
    {
        for (; index is { } stage; index = session.Plan.Stage(stage).BaseStage)
        {
            if (session.Plan.Document.Stages[stage].Instructions.Count > 0)
            {
                return false;
            }
        }

        return true;
    }

    private BuildRequest ForStage(int index, Dictionary<int, string> ids) => _request with
    {
        Names = [],
        Squash = false,
        Sbom = null,
        Metadata = _request.Metadata with { UnsetEnvironment = [] },
        Labels = [.. _request.StageLabels ? Labels(index, ids) : [], .. _request.StageImageLabels],
    };

    private IEnumerable<KeyValuePair<string, string>> Labels(int index, Dictionary<int, string> ids)
    {
        var planned = session.Plan.Stage(index);
        yield return new(StageName, planned.Stage.Name ?? $"{index}");
        yield return new(StageBase, planned.BaseStage is { } below && ids.TryGetValue(below, out var id) ? id : planned.Base);
    }
}

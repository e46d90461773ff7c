using System.Text;

namespace Bld.Dockerfile;

/// <summary>Collects words: blanks end one unless they were quoted. Quotes around nothing make no word.</summary>
internal sealed class WordList
{
    private readonly List<string> _words = [];
    private readonly StringBuilder _word = new();

    internal void Add(char character)
    {
        if (char.IsWhiteSpace(character))
        {
            End();
            return;
        }

        _word.Append(character);
    }

    internal void AddText(string text)
    {
        foreach (var character in text)
        {
            Add(character);
        }
    }

    internal void AddQuoted(char character) => _word.Append(character);

    internal void AddQuoted(string text) => _word.Append(text);

    internal IReadOnlyList<string> Finish()
    {
        End();
        return _words;
    }

    private void End()
    {
        if (_word.Length > 0)
        {
            _words.Add(_word.ToString());
            _word.Clear();
        }
    }
}

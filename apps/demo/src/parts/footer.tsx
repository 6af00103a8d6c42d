/** What is computed where, and where paper, data, code and license are. */
export function Footer() {
  return (
    <footer>
      <p>
        Everything here is computed on your own machine: models, training and stories never leave this page,
        unless you send stories to a judge. Built with TensorFlow.js and ONNX Runtime.
      </p>
      <p>
        Based on <a href="https://arxiv.org/abs/2305.07759">the TinyStories paper</a> by Ronen Eldan and
        Yuanzhi Li. The models were trained on{' '}
        <a href="https://huggingface.co/datasets/roneneldan/TinyStories">its data set</a> (CDLA-Sharing-1.0).
        The code of this page is under the <a href="LICENSE.txt">MIT license</a>.
      </p>
    </footer>
  )
}
